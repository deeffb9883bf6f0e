package secretsgateway.conductor;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.netflix.conductor.common.metadata.workflow.WorkflowDef;
import com.netflix.conductor.common.metadata.workflow.WorkflowTask;
import com.netflix.conductor.model.TaskModel;
import com.netflix.conductor.model.WorkflowModel;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ArchivedInputTest {

    private static String problem(String expression, Map<String, Object> input) {
        WorkflowDef definition = new WorkflowDef();
        definition.setMaskedFields(List.of("ssn"));
        WorkflowModel workflow = new WorkflowModel();
        workflow.setWorkflowDefinition(definition);
        workflow.setInput(input);
        TaskModel login = new TaskModel();
        login.setReferenceTaskName("login__2");
        login.setOutputData(Map.of("_secrets", "***", "id", 7));
        workflow.getTasks().add(login);
        WorkflowTask task = new WorkflowTask();
        task.setInputParameters(Map.of("http_request", Map.of("body", List.of(expression))));
        TaskModel model = new TaskModel();
        model.setReferenceTaskName("call");
        model.setWorkflowTask(task);
        return ArchivedInput.problem(workflow, model);
    }

    @Test
    @DisplayName("A task that needs an archived sensitive input gets a reason with the place")
    void lost() {
        assertTrue(problem("a ${workflow.input._secrets.p}", Map.of("_secrets", "***")).contains("workflow.input._secrets.p"));
        assertTrue(problem("${workflow.input._secrets['p']}", Map.of("_secrets", Map.of("p", "***"))).contains("call"));
        assertTrue(problem("${workflow.input.who.ssn}", Map.of("who", Map.of("ssn", "***"))).contains("who.ssn"));
    }

    @Test
    @DisplayName("A task that needs an archived output of another task gets a reason with the place")
    void lostOutput() {
        assertTrue(problem("${login.output._secrets.token}", Map.of()).contains("login.output._secrets.token"));
        assertNull(problem("${login.output.id}", Map.of()));
        assertNull(problem("${other.output._secrets.token}", Map.of()));
    }

    @Test
    @DisplayName("A task whose sensitive input is complete can run")
    void complete() {
        assertNull(problem("${workflow.input._secrets.p}", Map.of("_secrets", Map.of("p", "v"))));
        assertNull(problem("${workflow.input.other}", Map.of("other", "***", "_secrets", "***")));
    }
}
