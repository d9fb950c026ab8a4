/** A port that nothing listens on. */
export function closedPort(): number {
  return closedPorts(1)[0] as number;
}

/** Several distinct ones. */
export function closedPorts(count: number): number[] {
  const servers = Array.from({ length: count }, () =>
    Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } }),
  );
  return servers.map((server) => {
    const { port } = server;
    server.stop(true);
    return port;
  });
}
