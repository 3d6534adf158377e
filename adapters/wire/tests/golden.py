#!/usr/bin/env python3
"""Computes the golden frames of tests/wire/golden.rs from the layout's description alone, with nothing but Python.

    python3 adapters/wire/tests/golden.py

prints them; they were entered into the test by hand. XChaCha20-Poly1305 follows RFC 8439 and draft-irtf-cfrg-xchacha.
"""

import struct
import zlib

MASK = 0xFFFF_FFFF


def rounds(state):
    x = list(state)

    def quarter(a, b, c, d):
        for into, other, mixed, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[into] = (x[into] + x[other]) & MASK
            x[mixed] ^= x[into]
            x[mixed] = ((x[mixed] << turn) | (x[mixed] >> (32 - turn))) & MASK

    for _ in range(10):
        for column in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)):
            quarter(*column)
        for diagonal in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(*diagonal)
    return x


def words(data):
    return struct.unpack(f"<{len(data) // 4}I", data)


CONSTANT = words(b"expand 32-byte k")


def hchacha(key, nonce16):
    x = rounds(CONSTANT + words(key) + words(nonce16))
    return struct.pack("<8I", *x[:4], *x[12:])


def block(key, counter, nonce12):
    state = CONSTANT + words(key) + (counter,) + words(nonce12)
    return struct.pack("<16I", *((a + b) & MASK for a, b in zip(state, rounds(state))))


def stream(key, nonce12, data):
    blocks = b"".join(block(key, 1 + n, nonce12) for n in range(len(data) // 64 + 1))
    return bytes(a ^ b for a, b in zip(data, blocks))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at : at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def pad(data):
    return data + bytes(-len(data) % 16)


def seal(key, nonce24, associated, plaintext):
    subkey, nonce12 = hchacha(key, nonce24[:16]), bytes(4) + nonce24[16:]
    ciphertext = stream(subkey, nonce12, plaintext)
    lengths = struct.pack("<QQ", len(associated), len(ciphertext))
    tag = poly1305(block(subkey, 0, nonce12)[:32], pad(associated) + pad(ciphertext) + lengths)
    return ciphertext, tag


def fnv(name):
    number = 0xCBF29CE484222325
    for byte in name.encode():
        number = (number ^ byte) * 0x100000001B3 % 2**64
    return number


def roster(members):
    total = 0
    for node, votes in members:
        z = 2 * node + votes + 1
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        total += z ^ (z >> 31)
    return total % 2**64


def header(key, recipient, sequence):
    members = roster([(1, True), (2, True), (3, False)])
    return struct.pack("<BBQQIQIQ", 1, key, members, fnv("orders"), 1, 0x1122334455667788, recipient, sequence)


def entry(protocol, body):
    return struct.pack("<BH", protocol, len(body)) + body


def show(name, frame):
    print(name)
    for at in range(0, len(frame), 16):
        print("    " + frame[at : at + 16].hex(" "))


beat = entry(1, struct.pack("<QQ", 0x1122334455667788, 5))
plain = header(0, 1, 1) + beat
show("plain, one heartbeat for all peers", plain + struct.pack("<I", zlib.crc32(plain)))

# An election's "I stand for epoch 9" with priority 3, and a heartbeat, for node 2.
two = header(7, 2, 2)
secret = bytes(range(32))
group_key = stream(hchacha(secret, struct.pack("<QQ", fnv("orders"), 0)), bytes(12), bytes(32))
nonce = struct.pack("<IQQB3x", 1, 0x1122334455667788, 2, 1)
sealed, tag = seal(group_key, nonce, two, entry(2, struct.pack("<BQH", 2, 9, 3)) + beat)
show("sealed with key 7, an election and a heartbeat for node 2", two + sealed + tag)

# "I want 3 of the 5 permits of `orders/é`, and wait", and the grant of another claim, for node 2, plain.
name = "orders/é".encode()
duration = struct.pack("<QI", 3, 500_000_000)
acquire = struct.pack("<BQB", 1, 77, len(name)) + name + struct.pack("<BHHB", 3, 3, 5, 1) + duration + struct.pack("<Q", 1_000_000_007)
granted = struct.pack("<BQQ", 4, 78, 9 << 31 | 4) + duration + struct.pack("<Q", 6)
locks = header(0, 2, 3) + entry(7, acquire) + entry(7, granted)
show("plain, two messages of leases for node 2", locks + struct.pack("<I", zlib.crc32(locks)))

# "I am ready, for generation 12 of epoch 9 of `orders/é`, which has 3 parties", and a release, for node 2, plain.
generation = struct.pack("<II", 12, 9)
ticket = struct.pack("<QQB", 77, 9, len(name)) + name + struct.pack("<HII", 3, 5, 1) + struct.pack("<BIIB", 1, 11, 8, 1)
ready = struct.pack("<B", 2) + ticket + generation + struct.pack("<B", 0)
released = struct.pack("<BQQI", 8, 78, 9, 5) + generation + struct.pack("<B", 1)
barriers = header(0, 2, 3) + entry(8, ready) + entry(8, released)
show("plain, two messages of barriers for node 2", barriers + struct.pack("<I", zlib.crc32(barriers)))
