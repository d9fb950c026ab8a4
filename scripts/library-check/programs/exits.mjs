import { fail } from "poetry-deferred";

fail(new RangeError("lost"));
process.exit();
