// Shared by the proxies in this folder: texts over TCP, each ended by the end of its connection.
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Deferred } from "poetry-deferred";

/** Fires with everything that the other side sent, once it has ended; fails if the connection breaks. */
export function readAll(socket: Socket): Deferred<string> {
  const whole = new Deferred<string>(() => socket.destroy());
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (piece) => (text += piece));
  socket.on("end", () => whole.callback(text));
  socket.on("error", (error) => whole.called || whole.errback(error));
  return whole;
}

/** Gets a poem from a server on this machine. */
export function fetchPoem(port: number): Deferred<string> {
  return readAll(connect(port, "127.0.0.1"));
}

/** Calls `serve` with each client that connects, for as long as the program runs; fires with the port. */
export function listen(serve: (client: Socket) => void): Deferred<number> {
  const port = new Deferred<number>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on("error", () => client.destroy());
    serve(client);
  });
  server.on("error", (error) => port.errback(error));
  server.listen(0, "127.0.0.1", () => {
    server.unref();
    port.callback((server.address() as AddressInfo).port);
  });
  return port;
}
