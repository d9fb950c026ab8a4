/*
 * The minimum cost of an answer: a server that makes the system calls of a hit in poetry, and nothing else.
 * `bare-server PORT` reads an answer from standard input and sends it to every client: accept4, epoll_ctl, setsockopt,
 * sendto, shutdown, recvfrom until the client closes, epoll_ctl, close. Linux only; the answer must fit into the kernel's
 * buffer.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, EVENTS = 1024, LONGEST = 1 << 16, INPUT = 1 << 19 };

static char answer[LONGEST];
static size_t length;
static char input[INPUT];
static int loop;

static int must(int result, const char *what) {
  if (result >= 0) return result;
  perror(what);
  exit(1);
}

static int listening(int port) {
  const int on = 1;
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  const int server = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  must(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  must(bind(server, (const struct sockaddr *)&address, sizeof address), "bind");
  must(listen(server, BACKLOG), "listen");
  /* As in poetry: the end of an answer and its FIN share a packet. */
  must(setsockopt(server, IPPROTO_TCP, TCP_CORK, &on, sizeof on), "TCP_CORK");
  return server;
}

/* Accepts and answers all clients in the queue. */
static void welcome(int server) {
  const int on = 1;
  for (;;) {
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    const int client = accept4(server, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    struct epoll_event wanted = {.events = EPOLLIN, .data.fd = client};
    must(epoll_ctl(loop, EPOLL_CTL_ADD, client, &wanted), "epoll_ctl");
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (send(client, answer, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length) shutdown(client, SHUT_WR);
  }
}

/* Discards input; closes the connection when the client does. */
static void hear(int client) {
  if (recv(client, input, sizeof input, MSG_DONTWAIT) > 0) return;
  epoll_ctl(loop, EPOLL_CTL_DEL, client, NULL);
  close(client);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  for (ssize_t got; (got = read(STDIN_FILENO, answer + length, LONGEST - length)) > 0;) length += got;
  const int server = listening(atoi(argv[1]));
  loop = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  struct epoll_event wanted = {.events = EPOLLIN, .data.fd = server};
  must(epoll_ctl(loop, EPOLL_CTL_ADD, server, &wanted), "epoll_ctl");
  for (;;) {
    struct epoll_event events[EVENTS];
    const int count = epoll_wait(loop, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == server) welcome(server);
      else hear(events[i].data.fd);
    }
  }
}
