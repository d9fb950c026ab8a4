import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** The SHA-256 of a file, in hexadecimal. */
export async function sha256(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(path).stream()) hash.update(chunk);
  return hash.digest("hex");
}

/** The lines of SHA256SUMS for every file in `folder`, in byte order, for `sha256sum -c`. */
export async function checksums(folder: string): Promise<string> {
  const names = (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => name !== "SHA256SUMS" && statSync(join(folder, name)).isFile())
    .toSorted();
  const lines: string[] = [];
  for (const name of names) lines.push(`${await sha256(join(folder, name))}  ${name}\n`);
  return lines.join("");
}
