package secretsgateway.conductor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.netflix.conductor.common.metadata.tasks.TaskDef;
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
    @DisplayName("The module asks the gateway if the registered task has a reference at any depth")
    void reference() {
        Map<String, Object> parameters = Map.of("http_request", Map.of("list", List.of("x ${workflow.secrets.a}")));
        assertEquals(true, Prefilter.mayNeedInput(task(parameters, Map.of())));
    }

    @Test
    @DisplayName("The module does not ask the gateway if only the data of a task has a reference")
    void data() {
        TaskModel task = task(Map.of("a", "${workflow.input.a}"), Map.of("a", "${workflow.secrets.a}"));
        assertEquals(false, Prefilter.mayNeedInput(task));
    }

    private static boolean asks(WorkflowTask other) {
        other.setTaskReferenceName("other");
        WorkflowDef definition = new WorkflowDef();
        definition.setTasks(List.of(other));
        return Prefilter.mayChangeResult(task(Map.of(), Map.of()), definition);
    }

    private static WorkflowTask typed(String type, String name) {
        WorkflowTask task = new WorkflowTask();
        task.setType(type);
        task.setName(name);
        return task;
    }

    @Test
    @DisplayName("The module sends every task result to the gateway if the workflow can update a secret")
    void captured() {
        assertEquals(true, asks(typed("UPDATE_SECRET", "rotate")));
        assertEquals(true, asks(typed("SIMPLE", "UPDATE_SECRET")));
        assertEquals(true, asks(typed("DYNAMIC", "choose")));
        WorkflowTask templated = typed("SIMPLE", "rotate");
        TaskDef definition = new TaskDef("rotate");
        definition.setInputTemplate(Map.of("task", "UPDATE_SECRET"));
        templated.setTaskDefinition(definition);
        assertEquals(true, asks(templated));
        WorkflowTask loop = typed("DO_WHILE", "loop");
        loop.setLoopOver(List.of(typed("UPDATE_SECRET", "rotate")));
        assertEquals(true, asks(loop));
    }

    @Test
    @DisplayName("The module sends no task result to the gateway if the workflow cannot update a secret")
    void notCaptured() {
        assertEquals(false, asks(typed("SIMPLE", "rotate")));
    }
}
