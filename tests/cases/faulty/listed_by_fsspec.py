# needs: fsspec
import os
import fsspec

fs = fsspec.filesystem("file")
root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "stations")
files = fs.ls(root)  # expect: file-order
print([os.path.basename(f) for f in files])
