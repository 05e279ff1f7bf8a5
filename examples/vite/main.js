// The slider asks, the worker answers; the network is fitted once, in the worker.
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
const slider = document.getElementById('x');
const output = document.getElementById('y');

worker.addEventListener('message', ({ data }) => {
  output.textContent = data.proved ? `net(${data.x}) = ${data.y}, proved within ${data.upper}` : 'not proved';
});
const ask = () => worker.postMessage(Number(slider.value));
slider.addEventListener('input', ask);
ask();
