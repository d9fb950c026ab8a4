"""Gets the poem on PORT, prints it, and says on standard error how it went: Connected, then ConnectionDone or ConnectionLost."""

import sys

from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Protocol


def log(line):
    print(line, file=sys.stderr, flush=True)


class PoetryProtocol(Protocol):
    received = 0

    def connectionMade(self):
        log("Connected.")

    def dataReceived(self, data):
        self.received += len(data)
        sys.stdout.buffer.write(data)

    def connectionLost(self, reason):
        sys.stdout.flush()
        log(f"{reason.type.__name__} after {self.received} bytes.")
        reactor.stop()


class PoetryClientFactory(ClientFactory):
    protocol = PoetryProtocol

    def clientConnectionFailed(self, connector, reason):
        log(f"{reason.type.__name__}.")
        reactor.stop()


reactor.connectTCP("127.0.0.1", int(sys.argv[1]), PoetryClientFactory())
reactor.run()
