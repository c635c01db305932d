import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { toMessage } from "../../../errors.ts";
import { signIn } from "../server/requests.ts";

interface SignInFormProps {
  /** whether there is nothing else on the page */
  readonly isAlone?: boolean;
}

/** Asks for a token of the project, and opens the page anew with it. */
export function SignInForm({ isAlone = false }: SignInFormProps): JSX.Element {
  const Title = isAlone ? "h1" : "h2";
  const [fault, setFault] = useState<string | null>(null);
  const [isSending, setIsSending] = useState(false);
  async function submit(form: HTMLFormElement): Promise<void> {
    setIsSending(true);
    setFault(null);
    try {
      await signIn(String(new FormData(form).get("token") ?? "").trim());
      location.reload();
    } catch (error) {
      setFault(toMessage(error));
      setIsSending(false);
    }
  }
  return (
    <form
      class="sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(event.currentTarget);
      }}
    >
      <Title class="sign-in__title">Sign in</Title>
      <p class="sign-in__hint">
        Whoever runs this project can make you a token with <code>hex token create</code>.
      </p>
      <div class="field">
        <label class="field__label" for="token">
          Token
        </label>
        <input
          class="input"
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          required
          autofocus={isAlone}
          spellcheck={false}
          aria-invalid={fault !== null}
          aria-describedby="token-fault"
        />
        <p class="field__fault" id="token-fault" role="alert">
          {fault}
        </p>
      </div>
      <button type="submit" class="button button--primary" disabled={isSending}>
        {isSending ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}
