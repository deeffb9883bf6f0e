package secretsgateway.conductor;

import com.netflix.conductor.common.metadata.tasks.TaskDef;
import com.netflix.conductor.common.metadata.workflow.WorkflowTask;
import com.netflix.conductor.core.execution.mapper.TaskMapper;
import com.netflix.conductor.core.execution.mapper.TaskMapperContext;
import com.netflix.conductor.core.utils.ParametersUtils;
import com.netflix.conductor.model.TaskModel;
import java.util.List;

/** Schedules UPDATE_SECRET tasks. Without this mapper, the engine would require a registered task definition for each task. */
final class UpdateSecretTaskMapper implements TaskMapper {

    private final ParametersUtils parameters;

    UpdateSecretTaskMapper(ParametersUtils parameters) {
        this.parameters = parameters;
    }

    @Override
    public String getTaskType() {
        return UpdateSecretTask.TYPE;
    }

    @Override
    public List<TaskModel> getMappedTasks(TaskMapperContext context) {
        WorkflowTask definition = context.getWorkflowTask();
        TaskDef taskDefinition = context.getTaskDefinition();
        TaskModel task = context.createTaskModel();
        task.setTaskType(UpdateSecretTask.TYPE);
        task.setInputData(
                parameters.getTaskInputV2(
                        definition.getInputParameters(), context.getWorkflowModel(), context.getTaskId(), taskDefinition));
        task.setStatus(TaskModel.Status.SCHEDULED);
        task.setRetryCount(context.getRetryCount());
        task.setCallbackAfterSeconds(definition.getStartDelay());
        return List.of(task);
    }
}
