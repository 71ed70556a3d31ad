import path from 'node:path';
import process from 'node:process';
import { buildPackage } from './build-package.ts';

const folder = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '../dist'));
await buildPackage(folder);
console.log(`The package is in ${folder}: npm publish ${folder}`);
