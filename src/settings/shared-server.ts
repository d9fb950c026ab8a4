/** A server that nodes share. */
export interface SharedServer {
  /** As it was written: it has no password. */
  readonly text: string;
  /** As Bun's client wants it. */
  readonly url: string;
  readonly isTls: boolean;
}

const EXPECTED = "expected redis://HOST:PORT, rediss://HOST:PORT or unix:PATH";

/** Where a secret is to be read. */
export type SecretSource = { readonly file: string } | { readonly env: string };

/** @throws {SyntaxError} for what is no such URL, or has a password in it: command lines are for all to see */
export function parseSharedServer(text: string): SharedServer {
  const path = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) return { text, url: urlOfSocket(path), isTls: false };
  if (!URL.canParse(text) || !/^rediss?:\/\/./.test(text)) throw new SyntaxError(EXPECTED);
  const url = new URL(text);
  if (url.password !== "") throw new SyntaxError("a password does not belong there: use --shared-password");
  if (!/^(?:\/\d*)?$/.test(url.pathname) || url.search !== "" || url.hash !== "")
    throw new SyntaxError(`${EXPECTED}, and perhaps /DB`);
  return { text, url: url.href, isTls: url.protocol === "rediss:" };
}

/** What an URL spells otherwise, Bun's client takes as it is spelt. A host that is not asked gives a password its place. */
function urlOfSocket(path: string): string {
  const url = new URL(`redis+unix://localhost${path}`);
  if (url.pathname === path) return url.href;
  throw new SyntaxError("the path of its socket may have no blanks, no ? and #, and nothing but ASCII");
}

/** `file:PATH` or `env:NAME`. */
export function parseSecretSource(text: string): SecretSource {
  const [, kind, rest = ""] = /^(file|env):(.+)$/s.exec(text) ?? [];
  if (kind === "file") return { file: rest };
  if (kind === "env") return { env: rest };
  throw new SyntaxError("expected file:PATH or env:NAME");
}
