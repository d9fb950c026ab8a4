/** A server that nodes share. */
export interface SharedServer {
  /** As it was written: it has no password. */
  readonly text: string;
  /** As Bun's client wants it. */
  readonly url: string;
  readonly isUnix: boolean;
  readonly isTls: boolean;
}

const EXPECTED = "expected redis://HOST:PORT, rediss://HOST:PORT or unix:PATH";

/** Where a secret is to be read. */
export type SecretSource = { readonly file: string } | { readonly env: string };

/** @throws {SyntaxError} for what is no such URL, or has a password in it: command lines are for all to see */
export function parseSharedServer(text: string): SharedServer {
  const path = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) return { text, url: `redis+unix://${path}`, isUnix: true, isTls: false };
  if (!URL.canParse(text) || !/^rediss?:\/\/./.test(text)) throw new SyntaxError(EXPECTED);
  const url = new URL(text);
  if (url.password !== "") throw new SyntaxError("a password does not belong there: use --shared-password");
  if (!/^(?:\/\d*)?$/.test(url.pathname) || url.search !== "" || url.hash !== "")
    throw new SyntaxError(`${EXPECTED}, and perhaps /DB`);
  return { text, url: url.href, isUnix: false, isTls: url.protocol === "rediss:" };
}

/** `file:PATH` or `env:NAME`. */
export function parseSecretSource(text: string): SecretSource {
  const [, kind, rest = ""] = /^(file|env):(.+)$/s.exec(text) ?? [];
  if (kind === "file") return { file: rest };
  if (kind === "env") return { env: rest };
  throw new SyntaxError("expected file:PATH or env:NAME");
}
