/**
 * Writes into a store until it is killed: `bun store-writer.ts FILE FIRST`. Each value names its key and its fetch's
 * number, and is padded to the length that it states. Each completed purge is printed on standard output.
 */
import { writeSync } from "node:fs";
import { OpenedStore } from "./opened-store.ts";
import { valueOf, WRITTEN_KEYS } from "./written-values.ts";

const [path = "", first = "1"] = process.argv.slice(2);
const opened = await OpenedStore.open(path, { maxBytes: 2 ** 20 });
writeSync(1, "open\n");
for (let number = Number(first); ; number++) {
  const key = `key ${Math.floor(Math.random() * WRITTEN_KEYS)}`;
  if (Math.random() < 0.05) {
    const isAll = Math.random() < 0.2;
    await opened.level.purge(isAll ? "all" : { key });
    writeSync(1, `${JSON.stringify({ purged: isAll ? "all" : key, before: number })}\n`);
  } else {
    await opened.load(key, valueOf(key, number), {
      number,
      lifetime: { ttl: 1e9, grace: 0, staleIfError: 0 },
    });
  }
}
