// Plain JavaScript on purpose: it must run, and explain itself, on a Node.js too old for the rest.
const needed = [22, 18]
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  console.error(
    `Mayfly needs Node.js ${needed.join('.')} or newer, this is ${process.version}. ` +
      'On Linux x64 "npm ci" brings one: run the scripts through npm ("npm start", "npm test", "npx --no mayfly").',
  )
  process.exit(1)
}
