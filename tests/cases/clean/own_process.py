"""The system is asked about this process, and what it says is used as far as it is the same in any."""

import os
import sys
import threading

limits = os.sysconf("SC_PAGE_SIZE")
inode = os.stat("/proc/self").st_ino  # not: unexplained
print("pages of", limits, "inode is a number:", isinstance(inode, int))
print("threads", threading.active_count(), "byte order", sys.byteorder)
