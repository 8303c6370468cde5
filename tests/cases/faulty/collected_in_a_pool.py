import time
from concurrent.futures import ThreadPoolExecutor
from pools.collect import Collector

collector = Collector()
with ThreadPoolExecutor(4) as pool:
    pool.map(collector.take, range(12))
print(collector.seen)
