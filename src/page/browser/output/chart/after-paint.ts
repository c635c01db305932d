/** Ends once the page's next frame has been painted; where nobody looks, there is none. */
export function afterPaint(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    // what is sent within a frame's callbacks arrives as soon as it has been painted
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    requestAnimationFrame(() => port2.postMessage(null));
  });
}
