const HEXAGON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M16 2l12 7v14l-12 7-12-7V9z" fill="#1d5bd0"/><path d="M10 20v-5m6 5V11m6 9v-7" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>';

/** The picture in the tab of a browser, within the page itself: nothing is fetched for it. */
export const PAGE_ICON = `<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(HEXAGON)}">`;
