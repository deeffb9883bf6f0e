package secretsgateway.conductor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ExpressionPathTest {

    private static List<List<String>> names(String text) {
        return ExpressionPath.in(text).stream().map(ExpressionPath::names).toList();
    }

    @Test
    @DisplayName("An expression names its path with dots, brackets and indexes")
    void plain() {
        List<List<String>> path = List.of(List.of("workflow", "input", "list", "0", "card"));
        assertEquals(path, names("${workflow.input.list[0].card}"));
        assertEquals(path, names("x ${ $.workflow['input'][\"list\"][0]['card'] } y"));
        assertEquals(path, names("${$['workflow'].input.list.[0].card}"));
        assertEquals(List.of(List.of("a-b_1", "output"), List.of("c")), names("${a-b_1.output}${c}"));
    }

    @Test
    @DisplayName("A path ends before a part of an expression that can match several places")
    void open() {
        assertEquals(List.of(List.of("workflow", "input", "list")), names("${workflow.input.list[*].card}"));
        assertEquals(List.of(List.of("workflow", "input", "list")), names("${workflow.input.list[-1].card}"));
        assertEquals(List.of(List.of("workflow", "input", "list")), names("${workflow.input.list.length()}"));
        assertEquals(List.of(List.of("workflow", "input")), names("${workflow.input..card}"));
        assertEquals(List.of(List.of("workflow")), names("${workflow['input','output']}"));
        assertEquals(List.of(List.of()), names("${$..card}"));
        assertEquals(List.of(List.of("workflow", "input"), List.of("workflow", "input", "name")),
                names("${workflow.input.a${workflow.input.name}}"));
    }

    @Test
    @DisplayName("An empty expression and an escaped expression read nothing")
    void none() {
        assertEquals(List.of(), names("${} ${  } $${workflow.input.a} {workflow.input.a}"));
    }

    @Test
    @DisplayName("A path reads a place, the data that contains it, and the parts of it")
    void reads() {
        ExpressionPath path = ExpressionPath.in("${workflow.input.a.b}").get(0);
        assertEquals(true, path.reads(List.of("workflow", "input", "a", "b")));
        assertEquals(true, path.reads(List.of("workflow", "input", "a")));
        assertEquals(true, path.reads(List.of("workflow", "input", "a", "b", "c")));
        assertEquals(false, path.reads(List.of("workflow", "input", "a", "c")));
        assertEquals(false, path.reads(List.of("workflow", "input", "ab")));
    }
}
