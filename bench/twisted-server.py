"""Twisted's poem server, reading its poem from standard input: the peer of bench/hit.ts."""

import sys

from twisted.internet import reactor
from twisted.internet.protocol import Protocol, ServerFactory


class PoetryProtocol(Protocol):
    def connectionMade(self):
        self.transport.write(self.factory.poem)
        self.transport.loseConnection()


class PoetryFactory(ServerFactory):
    protocol = PoetryProtocol
    noisy = False

    def __init__(self, poem):
        self.poem = poem


factory = PoetryFactory(sys.stdin.buffer.read())
reactor.listenTCP(int(sys.argv[1]), factory, backlog=4096, interface="127.0.0.1")
reactor.run()
