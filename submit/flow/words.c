#include "submit/flow/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int pulse_flow_words_take(struct pulse_flow_words *words, int64_t line, char *text,
                          struct pulse_err *err)
{
    if (text == NULL)
        return -1;
    if (pulse_grow(&words->all, &words->cap, words->n + 1, sizeof *words->all, "the workflow",
                   err) != 0) {
        free(text);
        return -1;
    }
    words->all[words->n++] = (struct pulse_flow_word){.text = text, .line = line};
    return 0;
}

int64_t pulse_flow_words_find(const struct pulse_flow_words *words, const char *text)
{
    for (int64_t i = 0; i < words->n; i++)
        if (strcmp(words->all[i].text, text) == 0)
            return i;
    return -1;
}

void pulse_flow_words_clear(struct pulse_flow_words *words)
{
    for (int64_t i = 0; i < words->n; i++)
        free(words->all[i].text);
    free(words->all);
    *words = (struct pulse_flow_words){0};
}
