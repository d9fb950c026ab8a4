"""Has the poem in FILE transformed by NAME on PORT, prints it, and says on standard error how the connection ended."""

import sys

from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory
from twisted.protocols.basic import NetstringReceiver


def log(line):
    print(line, file=sys.stderr, flush=True)


class TransformClientProtocol(NetstringReceiver):
    poems = 0

    def connectionMade(self):
        self.sendString(self.factory.name.encode() + b"." + self.factory.poem)

    def stringReceived(self, poem):
        self.poems += 1
        sys.stdout.buffer.write(poem)

    def connectionLost(self, reason):
        sys.stdout.flush()
        log(f"{reason.type.__name__} after {self.poems} poems.")
        reactor.stop()


class TransformClientFactory(ClientFactory):
    protocol = TransformClientProtocol

    def __init__(self, name, poem):
        self.name = name
        self.poem = poem


port, name, file = sys.argv[1:]
with open(file, "rb") as poem:
    reactor.connectTCP("127.0.0.1", int(port), TransformClientFactory(name, poem.read()))
reactor.run()
