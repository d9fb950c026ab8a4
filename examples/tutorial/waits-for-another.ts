// A callback may return another Deferred. The chain then waits until that one has fired, and continues with its result.
import { Deferred, succeed } from "poetry-deferred";

const translation = new Deferred<string>();

const poem = succeed("Forse perché della fatal quïete")
  .addCallback((text) => {
    console.log(`Sending "${text}" to the translator.`);
    return translation;
  })
  .addCallback((text) => console.log(`Translated: ${text}`));

console.log(`Fired: ${poem.called}, stopped: ${poem.paused > 0}`);
console.log(poem.describe());
translation.callback("Perhaps because of the fateful quiet");
console.log(poem.describe());
