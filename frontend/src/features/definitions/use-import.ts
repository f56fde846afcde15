import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { importDefinitions, tryDefinitions, type Outcome, type Outcomes } from "@/api/definitions";
import { isProblem } from "@/api/problem";
import { useFormats } from "@/i18n/use-formats";
import { useAction } from "@/ui/use-action";
import { faultsByJob, isTakeable, readFile, type FileFault } from "./definition-file";

interface Opened {
  name: string;
  text: string;
}

function count(outcomes: Outcomes, state: Outcome["state"]): number {
  return outcomes.jobs.filter((job) => job.state === state).length;
}

/** From a file over what it would change to the import of what was chosen. */
export function useImport(onDone: () => void) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [opened, setOpened] = useState<Opened | null>(null);
  const [fault, setFault] = useState<FileFault | null>(null);
  const [chosen, setChosen] = useState<Set<number>>(new Set());
  const attempt = useMutation({
    mutationFn: tryDefinitions,
    onSuccess: ({ jobs }) => setChosen(new Set(jobs.filter(isTakeable).map((job) => job.index))),
  });
  const carryOut = useAction<Outcome[], Outcomes>({
    run: (jobs) => importDefinitions(opened?.text ?? "", jobs),
    invalidates: [["jobs"]],
    done: (outcomes) =>
      t(outcomes.isProposed ? "definitions.doneProposed" : "definitions.done", {
        new: formats.number(count(outcomes, "new")),
        changed: formats.number(count(outcomes, "changed")),
      }),
    onDone,
    onFailed: () => true,
  });
  const look = (text: string) => {
    carryOut.reset();
    attempt.mutate(text);
  };
  const open = async (file: File) => {
    const found = await readFile(file);
    if (typeof found !== "string") {
      setFault(found);
      return;
    }
    setFault(null);
    setOpened({ name: file.name, text: found });
    look(found);
  };
  const close = () => {
    setOpened(null);
    attempt.reset();
    carryOut.reset();
  };
  return {
    opened,
    fault,
    chosen,
    setChosen,
    attempt,
    carryOut,
    faults: faultsByJob(isProblem(carryOut.error) ? carryOut.error.errors : []),
    open,
    close,
    lookAgain: () => look(opened?.text ?? ""),
  };
}
