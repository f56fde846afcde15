import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useProblemText } from "@/i18n/use-problem-text";
import { toastDone, toastFailed } from "./toasts";

interface ActionOptions<Input, Output> {
  run: (input: Input) => Promise<Output>;
  /** What to read again afterwards, whether it worked or not. */
  invalidates: QueryKey[];
  /** The sentence of the toast; none when it says nothing new. */
  done?: (output: Output, input: Input) => string;
  onDone?: (output: Output, input: Input) => void;
  /** Return true when the failure is shown elsewhere. */
  onFailed?: (error: unknown, input: Input) => boolean;
}

/** One change at the server: what it calls, what becomes old, what is said about the outcome. */
export function useAction<Input = void, Output = void>(options: ActionOptions<Input, Output>) {
  const client = useQueryClient();
  const problemText = useProblemText();
  return useMutation<Output, unknown, Input>({
    mutationFn: options.run,
    onSuccess: (output, input) => {
      if (options.done) toastDone(options.done(output, input));
      options.onDone?.(output, input);
    },
    onError: (error, input) => {
      if (options.onFailed?.(error, input) === true) return;
      const text = problemText.of(error);
      const detail = error instanceof Error ? error.message : "";
      toastFailed(
        text.title,
        text.isTranslated && detail !== "" ? `${text.help} ${detail}` : detail,
      );
    },
    onSettled: () =>
      Promise.all(options.invalidates.map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
