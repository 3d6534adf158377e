"""Three boards in QEMU and two `quorate node` processes as one cluster, through `quorate gateway`: leaders are killed, a lock goes
from board to server and back, there is noise on the lines, and a board without the key gets nowhere.

    python3 boards.py QUORATE FIRMWARE

Every wait has an end. The lines of boards and servers are printed as they come, if VERBOSE is set; what was found is told line by line.
"""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

QUORATE, FIRMWARE = sys.argv[1:3]
PATIENCE = float(os.environ.get("PATIENCE", "90"))
START = time.monotonic()
MEMBERS = [1, 2, 3, 4, 5]
SERVERS, BOARDS = [1, 2], [3, 4, 5]
NOISE_SEED = 6


def tell(text):
    print(f"{time.monotonic() - START:7.2f} s  {text}", flush=True)


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(text)
    tell(text)


def wait(what, condition, patience=PATIENCE):
    """Until the condition holds, which is a value that is not false."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    raise Failed(f"in {patience:.0f} s there was no end of: {what}\n{overview()}")


def free_ports(number):
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(number)]
    streams = [socket.socket() for _ in range(number)]
    for one in sockets + streams:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets], [one.getsockname()[1] for one in streams]
    for one in sockets + streams:
        one.close()
    return ports


class Process:
    """A process of ours, and what it prints."""

    all = []

    def __init__(self, name, command):
        self.name, self.lines = name, []
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        Process.all.append(self)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic() - START, line.rstrip()))
            if os.environ.get("VERBOSE"):
                tell(f"{self.name}: {line.rstrip()}")
            self.heard(line)

    def heard(self, line):
        pass

    def kill(self, with_signal=signal.SIGKILL):
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        self.process.wait(timeout=20)

    def is_running(self):
        return self.process.poll() is None


class Member(Process):
    """A member, and whom it takes for the leader."""

    def __init__(self, number, command):
        self.number, self.leader, self.epoch = number, None, 0
        super().__init__(f"member {number}", command)

    def now_leads(self, leader, epoch=None):
        self.leader = leader
        if epoch is not None:
            self.epoch = epoch


class Server(Member):
    def heard(self, line):
        try:
            event = json.loads(line)
        except ValueError:
            return
        match event.get("event"):
            case "elected":
                self.now_leads(self.number, event["epoch"])
            case "following":
                self.now_leads(event["leader"], event["epoch"])
            case "lost" | "leaderless":
                self.now_leads(None)


class Board(Member):
    def heard(self, line):
        if found := re.search(r"LED on: leads epoch (\d+)", line):
            self.now_leads(self.number, int(found[1]))
        elif found := re.search(r"LED off: (\d+) leads epoch (\d+)", line):
            self.now_leads(int(found[1]), int(found[2]))
        elif "LED off: nobody" in line:
            self.now_leads(None)


class Line:
    """The wire between a board and the gateway. It can have noise: bytes that change, go, or come from nowhere."""

    def __init__(self, board_port, gateway_port):
        self.noise, self.spoilt, self.board_port = 0.0, 0, board_port
        self.random = random.Random(NOISE_SEED + board_port % 7)
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", gateway_port))
        self.listener.listen(1)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            gateway, _ = self.listener.accept()
            while True:
                try:
                    board = socket.create_connection(("127.0.0.1", self.board_port), timeout=5)
                    break
                except OSError:
                    time.sleep(0.1)
            board.settimeout(None)
            pumps = [threading.Thread(target=self.pump, args=ends, daemon=True) for ends in [(gateway, board), (board, gateway)]]
            for pump in pumps:
                pump.start()
            for pump in pumps:
                pump.join()

    def pump(self, source, sink):
        try:
            while data := source.recv(256):
                sink.sendall(self.spoil(data))
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def spoil(self, data):
        if not self.noise:
            return data
        out = bytearray()
        for byte in data:
            if self.random.random() >= self.noise:
                out.append(byte)
                continue
            self.spoilt += 1
            match self.random.randrange(3):
                case 0:
                    pass
                case 1:
                    out.append(byte ^ 1 << self.random.randrange(8))
                case 2:
                    out += bytes([byte]) + self.random.randbytes(self.random.randrange(1, 9))
        return bytes(out)


def overview():
    return "\n".join(
        [f"{one.name}: leader {one.leader}, epoch {one.epoch}, running {one.is_running()}" for one in current.values()]
        + [f"    {one.name} {at:.2f} {line}" for one in Process.all for at, line in one.lines[-6:]]
    )


folder = tempfile.TemporaryDirectory()
datagrams, streams = free_ports(11)
place = {number: f"127.0.0.1:{datagrams[number]}" for number in MEMBERS}
key_file = os.path.join(folder.name, "key")
with open(key_file, "w") as file:
    file.write(subprocess.run([QUORATE, "key"], check=True, capture_output=True, text=True).stdout)
os.chmod(key_file, 0o600)
key = re.search(r"^1 ([0-9a-f]{64})", open(key_file).read(), re.M)[1]
lines = {board: Line(streams[board], streams[board + 5]) for board in BOARDS}
current = {}


def start_server(number):
    peers = [word for peer in MEMBERS if peer != number for word in ("--peer", f"{peer}={place[peer]}")]
    # Server 2 outranks everybody; among the others it is the number that counts, so that boards come before server 1.
    command = [QUORATE, "node", "--id", str(number), "--listen", place[number], "--group", "plant", "--profile", "bus"]
    command += ["--priority", "10" if number == 2 else "0", "--key-file", key_file, "--json"]
    command += ["--state-dir", os.path.join(folder.name, str(number)), *peers]
    current[number] = Server(number, command)


def start_board(number, with_key=True, work=""):
    words = ["board", f"id={number}", "members=" + ":".join(map(str, MEMBERS)), *work.split()]
    if with_key:
        words.append(f"key={key}")
    semihosting = ",".join(["enable=on", "target=native", *(f"arg={word}" for word in words)])
    serial = f"tcp:127.0.0.1:{streams[number]},server=on,wait=off"
    command = ["qemu-system-arm", "-cpu", "cortex-m3", "-machine", "lm3s6965evb", "-display", "none", "-monitor", "none"]
    command += ["-serial", serial, "-semihosting-config", semihosting, "-kernel", FIRMWARE]
    current[number] = Board(number, command)


def start_gateway():
    command = [QUORATE, "gateway", "--json", "--report", "5s"]
    for board in BOARDS:
        command += ["--board", f"{board}={place[board]}", "--serial", f"{board}=tcp://127.0.0.1:{streams[board + 5]}"]
    for server in SERVERS:
        command += ["--peer", f"{server}={place[server]}"]
    return Process("gateway", command)


def kill(number):
    current.pop(number).kill()


def agreed():
    """The leader, if all that run follow the same one in the same epoch, and it is one of them."""
    seen = {(one.leader, one.epoch) for one in current.values()}
    (leader, epoch), *others = seen
    return leader if not others and leader in current else None


def agree(text, expected=None):
    leader = wait(text, lambda: (found := agreed()) and (expected in (None, found)) and found)
    kind = "server" if leader in SERVERS else "board"
    tell(f"{text}: {kind} {leader} leads epoch {current[leader].epoch}, and {sorted(current)} agree")
    return leader


# When who had which token: (from, to, who, token), of servers and boards.
def server_lock(hold):
    engine = "quorate://" + ",".join(place[server] for server in SERVERS if server in current) + "/plant"
    script = f"echo token $QUORATE_TOKEN; sleep {hold}"
    command = [QUORATE, "lock", "--quiet", "--engine", engine, "--key-file", key_file, "--wait", "60s", "valve", "--", "sh", "-c", script]
    return Process("lock", command)


def server_token(process):
    tokens = lambda: [(at, line) for at, line in process.lines if line.startswith("token ")]
    found = wait("a server holds the lock", lambda: tokens() or not process.is_running() and process.lines)
    if not tokens():
        raise Failed(f"a server does not hold the lock: {found}")
    return found[0][0], int(found[0][1].split()[1])


def board_tokens(board, word="holds"):
    return [(at, int(found[1])) for one in Process.all if getattr(one, "number", None) == board
            for at, line in one.lines if (found := re.search(rf"{word} valve with token (\d+)", line))]


def pass_the_lock(text):
    """A server takes the lock after the board that works with it, and the board after the server."""
    before = wait(f"{text}: board 3 holds the lock", lambda: board_tokens(3))[-1][1]
    process = server_lock(1)
    at, token = server_token(process)
    process.process.wait(timeout=30)
    ended = time.monotonic() - START
    after = wait(f"{text}: board 3 holds it again", lambda: [one for one in board_tokens(3) if one[0] > at])[0]
    check(before < token < after[1], f"{text}: the lock went from board 3 ({before}) to a server ({token}) and back ({after[1]})")
    check(after[0] > at + 0.9, f"{text}: never held by both: the server from {at:.2f} s for a second, the board from {after[0]:.2f} s")
    held.append((at, token, "server"))
    return ended


held = []


def main():
    for server in SERVERS:
        start_server(server)
    for board in BOARDS:
        start_board(board, work="lock=valve hold=500 pause=1000" if board == 3 else "")
    gateway = start_gateway()

    agree("five members, three of them boards", 2)
    pass_the_lock("hosted by server 2")

    kill(2)
    agree("server 2 is killed", 5)
    pass_the_lock("hosted by board 5")

    kill(5)
    agree("board 5 is killed", 4)
    pass_the_lock("hosted by board 4")

    start_server(2)
    start_board(5)
    agree("server 2 and board 5 are back, and the server outranks the others", 2)

    for line in lines.values():
        line.noise = 1 / 2_000
    tell("noise on all serial lines: one byte in 2,000 is lost, changed, or has others behind it")
    began, before = time.monotonic() - START, len(board_tokens(3))
    pass_the_lock("in noise")
    wait("in noise: board 3 holds the lock five times", lambda: len(board_tokens(3)) >= before + 5)
    for line in lines.values():
        line.noise = 0.0
    spoilt = sum(line.spoilt for line in lines.values())
    check(spoilt > 0, f"noise: {spoilt} places were spoilt in {time.monotonic() - START - began:.0f} s, and the work went on")
    agree("after the noise", 2)

    kill(2)
    leader = agree("server 2 is killed again")
    pass_the_lock(f"hosted by board {leader}")

    kill(5)
    start_board(5, with_key=False)
    end = time.monotonic() + 15
    others = {number: one for number, one in current.items() if number != 5}
    while time.monotonic() < end:
        if current[5].leader is not None:
            raise Failed("board 5 has no key, and follows a leader all the same")
        time.sleep(0.1)
    stranger = current.pop(5)
    check(stranger.is_running() and any("life" in line for _, line in stranger.lines), "board 5 runs without the key, and learns of no leader in 15 s")
    agree("the others do without it", 4 if 4 in others else None)
    stranger.kill()

    # All that was held, by whomever: tokens only grow.
    tokens = sorted([(at, token, "board 3") for at, token in board_tokens(3)] + held)
    numbers = [token for _, token, _ in tokens]
    check(numbers == sorted(set(numbers)), f"{len(tokens)} times the lock was held, by board and servers, and each token is higher than the one before")
    lost = [line for one in Process.all for _, line in one.lines if "lost valve" in line or "does not hold" in line]
    check(not lost, "board 3 never lost the lock that it held, whoever was killed")
    check(gateway.is_running(), "the gateway has carried all of it")
    panics = [line for one in Process.all for _, line in one.lines if "panic" in line]
    check(not panics, "no board panicked")
    stacks = [int(found[1]) for one in Process.all for _, line in one.lines if (found := re.search(r"(\d+) bytes of stack", line))]
    tell(f"the deepest stack of a board: {max(stacks)} bytes")


code = 1
try:
    main()
    code = 0
except (Failed, subprocess.TimeoutExpired) as failure:
    tell(f"FAILED: {failure}")
finally:
    for one in Process.all:
        try:
            one.kill()
        except subprocess.TimeoutExpired:
            pass
    folder.cleanup()
if code == 0:
    tell("all of it held")
sys.exit(code)
