import { fail } from "poetry-deferred";

fail(new RangeError("lost"));
setTimeout(() => console.log("never"), 10_000);
