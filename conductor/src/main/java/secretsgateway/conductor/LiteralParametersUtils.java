package secretsgateway.conductor;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.netflix.conductor.common.metadata.tasks.TaskDef;
import com.netflix.conductor.core.exception.ConflictException;
import com.netflix.conductor.core.exception.TerminateWorkflowException;
import com.netflix.conductor.core.execution.WorkflowExecutor;
import com.netflix.conductor.core.utils.ParametersUtils;
import com.netflix.conductor.dao.EnvironmentDAO;
import com.netflix.conductor.model.WorkflowModel;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Prevents the engine from resolving secrets itself. Workers poll tasks with unresolved references, and the engine stores no
 * secret value while a task runs. The engine also schedules no task that reads a value that archiving masked.
 */
final class LiteralParametersUtils extends ParametersUtils {

    private final Supplier<WorkflowExecutor> executor;

    LiteralParametersUtils(ObjectMapper json, EnvironmentDAO environment, Supplier<WorkflowExecutor> executor) {
        super(json, environment, null);
        this.executor = executor;
    }

    /** INVARIANT: the engine never resolves a reference by itself, because the engine resolves references in data too. */
    @Override
    public Map<String, Object> substituteSecrets(Map<String, Object> input) {
        return input;
    }

    @Override
    public Map<String, Object> getTaskInput(
            Map<String, Object> parameters, WorkflowModel workflow, TaskDef definition, String taskId) {
        if (ExpressionPath.withoutBraces(workflow)) requireUnmasked(parameters, workflow, definition);
        return super.getTaskInput(parameters, workflow, definition, taskId);
    }

    /** The engine calls this method for the input of every task, also if a workflow is retried, rerun or restarted. */
    @Override
    public Map<String, Object> getTaskInputV2(
            Map<String, Object> parameters, WorkflowModel workflow, String taskId, TaskDef definition) {
        requireUnmasked(parameters, workflow, definition);
        return super.getTaskInputV2(parameters, workflow, taskId, definition);
    }

    /** @throws TerminateWorkflowException if an expression reads a masked place; ConflictException outside of decide() */
    void requireUnmasked(Map<String, Object> parameters, WorkflowModel workflow, TaskDef definition) {
        String place =
                ArchiveMarks.maskedRead(workflow, parameters, definition == null ? null : definition.getInputTemplate());
        if (place == null) return;
        Set<String> callers = callers();
        boolean isOutput = parameters == workflow.getWorkflowDefinition().getOutputParameters();
        // If a failed workflow has a masked output, an exception would lose the reason of the failure.
        if (isOutput && !callers.contains("completeWorkflow")) return;
        String reason = reason(isOutput ? "The output of the workflow" : "A task", place);
        if (!callers.contains("decide")) {
            // Only decide() ends the workflow after this exception. A retry would leave the workflow RUNNING forever.
            workflow.setStatus(WorkflowModel.Status.FAILED);
            executor.get().terminateWorkflow(workflow, reason, null);
            throw new ConflictException(reason);
        }
        throw new TerminateWorkflowException(reason);
    }

    static String reason(String reader, String place) {
        return reader + " reads " + place + ", which archiving removed. Start a new execution.";
    }

    /** Returns the names of the engine's methods on the current call stack. */
    private static Set<String> callers() {
        return StackWalker.getInstance()
                .walk(frames -> frames.map(StackWalker.StackFrame::getMethodName).collect(Collectors.toSet()));
    }
}
