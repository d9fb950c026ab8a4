"""A transformation server as the Twisted introduction writes them: knows cummingsify. How it answers: whole or abort."""

import sys

from twisted.internet import reactor
from twisted.internet.protocol import ServerFactory
from twisted.protocols.basic import NetstringReceiver


def log(line):
    print(line, file=sys.stderr, flush=True)


class TransformService:
    def cummingsify(self, poem):
        return poem.lower()


class TransformProtocol(NetstringReceiver):
    def stringReceived(self, request):
        name, dot, poem = request.partition(b".")
        log(f"Asked for {name.decode()}.")
        transform = getattr(self.factory.service, name.decode(), None)
        if not dot or transform is None:
            self.transport.loseConnection()
        elif self.factory.mode == "abort":
            self.transport.write(b"%d:%s" % (len(poem), transform(poem)[: len(poem) // 2]))
            reactor.callLater(0.005, self.transport.abortConnection)
        else:
            self.sendString(transform(poem))
            self.transport.loseConnection()


class TransformFactory(ServerFactory):
    protocol = TransformProtocol

    def __init__(self, service, mode):
        self.service = service
        self.mode = mode


factory = TransformFactory(TransformService(), sys.argv[1])
port = reactor.listenTCP(0, factory, interface="127.0.0.1")
log(f"Listening on {port.getHost().port}.")
reactor.run()
