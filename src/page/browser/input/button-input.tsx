import type { JSX } from "preact";

interface ButtonInputProps {
  readonly label: string;
  readonly onPress: () => void;
}

/** True only in the run that a press starts. */
export function ButtonInput({ label, onPress }: ButtonInputProps): JSX.Element {
  return (
    <div class="field field--button">
      <button type="button" class="button" onClick={onPress}>
        {label}
      </button>
    </div>
  );
}
