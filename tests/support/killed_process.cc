#include "support/killed_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace dbstow::test {

bool Teller::Tell() const {
  const char said = '.';
  return write(pipe_, &said, 1) == 1;
}

std::size_t RunAndKill(const KillMoment& moment, const std::function<void(const Teller&)>& work) {
  int ends[2];
  if (pipe(ends) != 0) abort();
  const pid_t child = fork();
  if (child < 0) abort();  // never signal -1, which is everybody
  if (child == 0) {
    close(ends[0]);
    work(Teller(ends[1]));
    pause();
    _exit(0);
  }
  close(ends[1]);
  char said = 0;
  std::size_t count = 0;
  while (count < moment.tellings && read(ends[0], &said, 1) == 1) ++count;
  std::this_thread::sleep_for(moment.later);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  while (read(ends[0], &said, 1) == 1) ++count;
  close(ends[0]);
  return count;
}

}  // namespace dbstow::test
