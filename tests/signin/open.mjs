#!/usr/bin/env node
// What BROWSER names: hands the URL to the walk's browser and ends at once.
import { openInBrowser } from './listener.mjs';

await openInBrowser(process.argv[2]);
