/** Whether an element stands where the viewer sees it; as long as that is not known, it does. */
export class InSight {
  #isSeen = true;
  readonly #observer: IntersectionObserver;

  constructor(element: Element) {
    this.#observer = new IntersectionObserver((entries) => {
      this.#isSeen = entries.at(-1)?.isIntersecting ?? true;
    });
    this.#observer.observe(element);
  }

  get isSeen(): boolean {
    return this.#isSeen;
  }

  close(): void {
    this.#observer.disconnect();
  }
}
