"""A poem server as the Twisted introduction writes them: FILE, and how to serve it: whole, slow or abort."""

import sys

from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol


def log(line):
    print(line, file=sys.stderr, flush=True)


class PoetryProtocol(Protocol):
    def connectionMade(self):
        log("Client connected.")
        self.rest = self.factory.poem
        getattr(self, self.factory.mode)()

    def whole(self):
        self.transport.write(self.rest)
        self.transport.loseConnection()

    def slow(self):
        piece, self.rest = self.rest[:50], self.rest[50:]
        self.transport.write(piece)
        if self.rest:
            reactor.callLater(0.005, self.slow)
        else:
            self.transport.loseConnection()

    def abort(self):
        self.transport.write(self.rest[: len(self.rest) // 2])
        reactor.callLater(0.005, self.transport.abortConnection)


class PoetryFactory(Factory):
    protocol = PoetryProtocol

    def __init__(self, poem, mode):
        self.poem = poem
        self.mode = mode


with open(sys.argv[1], "rb") as file:
    factory = PoetryFactory(file.read(), sys.argv[2])
port = reactor.listenTCP(0, factory, interface="127.0.0.1")
log(f"Listening on {port.getHost().port}.")
reactor.run()
