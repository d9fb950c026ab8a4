import { findPeer, type Peer } from "./peer.ts";

/** A program that prints the answer of a TLS service. */
export interface TlsClient {
  readonly name: string;
  readonly peer: Peer;
  /** What it accepts as the end of an answer without close_notify. */
  readonly blind: "nothing" | "FIN" | "FIN and reset";
  /** The command that prints it. */
  readonly command: (port: number, ca: string) => string[];
}

// Debian's own interpreter, even if PATH has another one first.
const PYTHON = "/usr/bin/python3";
const HOST = "localhost";

const READ_ALL = `
import socket, ssl, sys
port, ca, ragged = int(sys.argv[1]), sys.argv[2], sys.argv[3] == "True"
context = ssl.create_default_context(cafile=ca)
plain = socket.create_connection(("127.0.0.1", port))
secure = context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=ragged)
while data := secure.recv(65536):
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
`;

const NODE_READ_ALL = `
const [port, ca] = process.argv.slice(1);
const socket = require("tls").connect({ host: "127.0.0.1", port, servername: "localhost", ca: require("fs").readFileSync(ca) });
socket.on("data", (bytes) => process.stdout.write(bytes));
socket.on("error", () => process.exit(1));
`;

const openssl = findPeer("openssl", ["openssl", "version"], (text) => text.startsWith("OpenSSL 3"));
const python = findPeer("Python's ssl", [PYTHON, "-c", "import ssl; print(ssl.HAS_TLSv1_3)"], (text) =>
  text.includes("True"),
);

export const TLS_CLIENTS: readonly TlsClient[] = [
  {
    name: "openssl s_client",
    peer: openssl,
    blind: "nothing",
    command: (port, ca) => s_client(port, ca, "-quiet"),
  },
  {
    name: "openssl s_client, TLS 1.2",
    peer: openssl,
    blind: "nothing",
    command: (port, ca) => s_client(port, ca, "-quiet", "-tls1_2"),
  },
  {
    name: "gnutls-cli",
    peer: findPeer("gnutls-cli", ["gnutls-cli", "--version"], (text) => text.startsWith("gnutls-cli 3")),
    blind: "nothing",
    command: (port, ca) => ["gnutls-cli", "--logfile=/dev/null", `--x509cafile=${ca}`, "-p", `${port}`, HOST],
  },
  {
    name: "ncat",
    peer: findPeer("ncat", ["ncat", "--version"], (text) => text.includes("Ncat: Version 7")),
    blind: "FIN",
    command: (port, ca) => ["ncat", "--recv-only", "--ssl-verify", "--ssl-trustfile", ca, HOST, `${port}`],
  },
  {
    name: "curl",
    peer: findPeer("curl", ["curl", "--help", "all"], (text) => text.includes("--http0.9")),
    blind: "FIN",
    command: (port, ca) => [
      "curl",
      "--http0.9",
      "--silent",
      "--no-buffer",
      "--cacert",
      ca,
      `https://${HOST}:${port}/`,
    ],
  },
  {
    name: "Python, suppress_ragged_eofs=False",
    peer: python,
    blind: "FIN",
    command: (port, ca) => [PYTHON, "-c", READ_ALL, `${port}`, ca, "False"],
  },
  {
    name: "Python by default",
    peer: python,
    blind: "FIN and reset",
    command: (port, ca) => [PYTHON, "-c", READ_ALL, `${port}`, ca, "True"],
  },
  {
    name: "socat",
    peer: findPeer("socat", ["socat", "-V"], (text) => text.includes("WITH_OPENSSL 1")),
    blind: "FIN",
    command: (port, ca) => ["socat", "-u", `OPENSSL:${HOST}:${port},cafile=${ca}`, "-"],
  },
  {
    name: "node",
    peer: findPeer("node", ["node", "--version"], (text) => /^v(2\d|[3-9]\d)\./.test(text)),
    blind: "FIN and reset",
    command: (port, ca) => ["node", "-e", NODE_READ_ALL, `${port}`, ca],
  },
];

/** `more`: other flags of s_client. */
export function s_client(port: number, ca: string, ...more: string[]): string[] {
  const verified = ["-verify_return_error", "-CAfile", ca, "-verify_hostname", HOST];
  return ["openssl", "s_client", "-ign_eof", ...verified, ...more, "-connect", `127.0.0.1:${port}`];
}
