// succeed() wraps a value. maybeDeferred() calls any function and turns whatever it returns or throws into a Deferred,
// so that the caller has a single path for all cases.
import { Deferred, maybeDeferred, succeed } from "poetry-deferred";

const cached = new Map([["ecstasy", "I have drunk ale from the Country of the Young"]]);

function fetchPoem(title: string): string | Deferred<string> {
  if (title === "") throw new RangeError("A poem needs a title");
  return cached.get(title) ?? succeed(`${title}, from far away`);
}

for (const title of ["ecstasy", "fascination", ""])
  maybeDeferred(fetchPoem, title).addCallbacks(
    (poem) => console.log(`Poem: ${poem}`),
    (failure) => console.log(`No poem: ${failure.getErrorMessage()}`),
  );

// succeed(fetchPoem("")) would throw here, in the middle of the caller; and it does not accept a possible Deferred.
try {
  // @ts-expect-error -- as the compiler says
  succeed(fetchPoem(""));
} catch (error) {
  console.log(`Thrown at the caller: ${(error as Error).message}`);
}
