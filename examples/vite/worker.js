import { Engine, expressionTarget, fit } from 'dyadnet';

const { network, certificate } = fit(expressionTarget('x^2'), { epsilon: '0.001' });
const ready = Engine.create(network, { domain: [0, 1] });

// Listening begins at once: what is asked before the engine is ready waits for it.
self.addEventListener('message', async ({ data: x }) => {
  const engine = await ready;
  const [y] = engine.forward(Float64Array.of(x));
  self.postMessage({ x, y, proved: certificate.status === 'proved', upper: certificate.upper.toNumber('up') });
});
