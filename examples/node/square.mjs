// Build a network for x^2, proved to be within 1/1000 everywhere on [0, 1]; write its file; load it and run it.
import { writeFileSync } from 'node:fs';
import { expressionTarget, fit } from 'dyadnet';
import { load } from 'dyadnet/run';

const { certificate, file, network } = fit(expressionTarget('x^2'), { epsilon: '0.001' });
console.log(`${certificate.status}: |x^2 - net| <= ${certificate.upper.toNumber('up')} on [0, 1]`);
console.log(`depth ${network.depth}, width ${network.width}, ${file.length} bytes`);
writeFileSync('square.dyad', file);

const run = await load(file);
const inputs = Float64Array.from({ length: 5 }, (_, i) => i / 4);
console.log([...run.forward(inputs)].join(' '));
