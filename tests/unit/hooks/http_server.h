/*
 * http_server.h - a receiver for tests that does what it is told: one thread, one connection after
 * the other, a canned response to each request; remembers the requests.
 */
#ifndef JIEDA_TESTS_HTTP_SERVER_H
#define JIEDA_TESTS_HTTP_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HTTP_REQUEST_BYTES_MAX = 4 * 1024 * 1024 };

typedef struct http_server {
    int listener;
    int port;
    pthread_t thread;
    /* Of the next requests, in order; the last one is repeated. NULL: closes without a word. "":
     * says nothing until the client gives up. */
    const char *const *responses;
    size_t response_count;
    size_t flood_bytes; /* of a body sent behind each response */
    /* Read after http_server_stop() only. */
    size_t request_count, connection_count;
    char *request; /* the last, NUL-terminated */
} http_server;

/* Reads one request; false when the client is gone. */
static inline bool http_read_request(http_server *s, int fd)
{
    size_t len = 0, head = 0, body = 0;

    do { /* reads before it writes: until then the last request stays to be seen */
        ssize_t got = read(fd, s->request + len, HTTP_REQUEST_BYTES_MAX - len);
        char *end;

        if (got <= 0)
            return false;
        len += (size_t)got;
        s->request[len] = '\0';
        end = head == 0 ? strstr(s->request, "\r\n\r\n") : NULL;
        if (end) {
            const char *field = strstr(s->request, "\r\nContent-Length: ");

            head = (size_t)(end + 4 - s->request);
            body = field ? strtoul(field + 18, NULL, 10) : 0;
        }
    } while (head == 0 || len < head + body);
    return true;
}

static inline void http_flood(int fd, size_t bytes)
{
    char block[4096];

    memset(block, 'x', sizeof block);
    while (bytes > 0) {
        ssize_t sent = send(fd, block, bytes < sizeof block ? bytes : sizeof block, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        bytes -= (size_t)sent;
    }
}

static inline void *http_serve(void *ctx)
{
    http_server *s = ctx;
    int fd;

    while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
        s->connection_count++;
        while (http_read_request(s, fd)) {
            size_t at = s->request_count++;
            const char *response =
                s->responses[at < s->response_count ? at : s->response_count - 1];
            char byte;

            if (!response)
                break;
            if (response[0] == '\0') {
                while (read(fd, &byte, 1) > 0)
                    ;
                break;
            }
            send(fd, response, strlen(response), MSG_NOSIGNAL);
            http_flood(fd, s->flood_bytes);
            if (strstr(response, "Connection: close"))
                break;
        }
        close(fd);
    }
    return NULL;
}

static inline bool http_server_start(http_server *s, const char *const *responses, size_t count)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;

    memset(s, 0, sizeof *s);
    s->responses = responses;
    s->response_count = count;
    s->request = malloc(HTTP_REQUEST_BYTES_MAX + 1);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!s->request || s->listener < 0 ||
        bind(s->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(s->listener, 8) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&address, &len) != 0)
        return false;
    s->port = ntohs(address.sin_port);
    return pthread_create(&s->thread, NULL, http_serve, s) == 0;
}

/* Every client must be gone. */
static inline void http_server_stop(http_server *s)
{
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
}

static inline void http_server_free(http_server *s)
{
    free(s->request);
}

#endif
