"""Runs a program on a terminal of its own, and prints what the program wrote there.

terminal.py COLUMNS PROGRAM ARGUMENT...
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

columns, command = int(sys.argv[1]), sys.argv[2:]
outer, inner = pty.openpty()
fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=inner, stderr=inner)
os.close(inner)
written = b""
while True:
    try:
        part = os.read(outer, 65536)
    except OSError:  # Linux says so where nobody has the terminal open any more.
        break
    if not part:
        break
    written += part
child.wait()
sys.stdout.buffer.write(written.replace(b"\r\n", b"\n"))
