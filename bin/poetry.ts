import { main } from "../src/cli/main.ts";

// Everything is written by now; a connect that Bun could not cancel would hold the process for two minutes.
process.exit(await main(process.argv.slice(2)));
