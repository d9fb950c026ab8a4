const { succeed } = require("poetry-deferred");
const { valueOf } = require("poetry-deferred/testing");

console.log("required", valueOf(succeed("poem").addCallback((text) => text.length)));
