package secretsgateway.conductor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import com.netflix.conductor.common.metadata.workflow.WorkflowTask;
import com.netflix.conductor.model.TaskModel;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PrefilterTest {

    private static TaskModel task(Map<String, Object> parameters, Map<String, Object> input) {
        WorkflowTask definition = new WorkflowTask();
        definition.setTaskReferenceName("call");
        definition.setInputParameters(parameters);
        TaskModel task = new TaskModel();
        task.setReferenceTaskName("call");
        task.setWorkflowTask(definition);
        task.setInputData(input);
        return task;
    }

    @Test
    @DisplayName("A reference at any depth of the task's definition needs the gateway")
    void reference() {
        Map<String, Object> parameters = Map.of("http_request", Map.of("list", List.of("x ${workflow.secrets.a}")));
        assertEquals(true, Prefilter.mayNeedInput(task(parameters, Map.of())));
    }

    @Test
    @DisplayName("A reference that only the input has does not need the gateway")
    void data() {
        TaskModel task = task(Map.of("a", "${workflow.input.a}"), Map.of("a", "${workflow.secrets.a}"));
        assertEquals(false, Prefilter.mayNeedInput(task));
    }

    @Test
    @DisplayName("The gateway sees the result of a task that an UPDATE_SECRET task reads, and no other result")
    void captured() {
        WorkflowTask update = new WorkflowTask();
        update.setType(UpdateSecretTask.TYPE);
        update.setTaskReferenceName("store");
        update.setInputParameters(Map.of("secretKey", "k", "secretValue", "${call.output.token}"));
        WorkflowDef definition = new WorkflowDef();
        definition.setTasks(List.of(update));
        TaskModel task = task(Map.of(), Map.of());
        assertEquals(true, Prefilter.mayChangeResult(task, definition));
        task.setReferenceTaskName("call2");
        assertEquals(false, Prefilter.mayChangeResult(task, definition));
    }

    @Test
    @DisplayName("The gateway sees the result of a task that an UPDATE_SECRET task reads through a JOIN task")
    void joined() {
        WorkflowTask update = new WorkflowTask();
        update.setType(UpdateSecretTask.TYPE);
        update.setTaskReferenceName("store");
        update.setInputParameters(Map.of("secretKey", "k", "secretValue", "${join.output.call.token}"));
        WorkflowDef definition = new WorkflowDef();
        definition.setTasks(List.of(update));
        assertEquals(true, Prefilter.mayChangeResult(task(Map.of(), Map.of()), definition));
    }
}
