/** Exchanges two paths, whatever they are, over and over until it is killed: `bun swap-for-ever.ts PATH PATH`. */
import { dlopen } from "bun:ffi";

const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

const { renameat2 } = dlopen("libc.so.6", {
  renameat2: { args: ["i32", "cstring", "i32", "cstring", "u32"], returns: "i32" },
}).symbols;
const [first, second] = process.argv.slice(2).map((path) => Buffer.from(`${path}\0`)) as [Buffer, Buffer];
while (renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE) === 0);
process.exit(1);
