#!/usr/bin/env node
// Plain JavaScript on purpose: a Node.js too old for the rest gets a clear line instead of a syntax error.
import './checkNode.mjs'

await import('../cli/mayfly.ts')
