import logging
import time
from datetime import datetime

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
start = time.time()
logging.info("start at %s", datetime.now())  # not: clock
total = sum(n * n for n in range(1000))
logging.info("took %.3f s", time.time() - start)
print("total", total)
