import type { JSX } from "preact";

/** A sentence in which names of things stand between backticks, as they do in all our messages. */
export function Sentence({ text }: { readonly text: string }): JSX.Element {
  const parts = text.split("`");
  // an odd one out is just a sign
  if (parts.length % 2 === 0) return <>{text}</>;
  return (
    <>{parts.map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))}</>
  );
}
