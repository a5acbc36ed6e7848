"""Sends a TCP SYN in a frame of its own, as a container with NET_RAW can, and prints whether it was answered.

Arguments: interface, IPv4 address to send from, hardware address of the gateway, port, destination (127.0.0.1 unless told).
"""
import socket, struct, sys, time

interface, own, gateway, port = sys.argv[1:5]
target = sys.argv[5] if len(sys.argv) > 5 else "127.0.0.1"


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn(source_port):
    addresses = socket.inet_aton(own) + socket.inet_aton(target)
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + addresses
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    tcp = struct.pack("!HHIIBBHHH", source_port, int(port), 1, 0, 0x50, 0x02, 8192, 0, 0)
    tcp = tcp[:16] + struct.pack("!H", checksum(addresses + struct.pack("!BBH", 0, 6, len(tcp)) + tcp)) + tcp[18:]
    return ip + tcp


link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
link.bind((interface, 0))
link.settimeout(0.1)
source_port = 40000 + int(time.time() * 1000) % 20000
frame = bytes.fromhex(gateway.replace(":", "")) + link.getsockname()[4] + b"\x08\x00" + syn(source_port)
deadline = time.monotonic() + 1
link.send(frame)
answered = False
while not answered and time.monotonic() < deadline:
    try:
        packet = link.recv(2048)[14:]
    except socket.timeout:
        continue
    tcp = packet[(packet[0] & 15) * 4 :]
    answered = packet[9] == 6 and struct.unpack("!H", tcp[2:4])[0] == source_port and tcp[13] & 0x12 == 0x12
print("answered" if answered else "nothing")
