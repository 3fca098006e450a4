#include "doubles/sqlserver/media/os_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace dbstow::doubles::sqlserver {
namespace {

std::string_view Reason(int number) {
  switch (number) {
    case 2: return "The system cannot find the file specified.";
    case 3: return "The system cannot find the path specified.";
    case 5: return "Access is denied.";
    case 32: return "The process cannot access the file because it is being used.";
    case 50: return "The request is not supported.";
    case 80: return "The file exists.";
    case 112: return "There is not enough space on the disk.";
    default: return "The request could not be performed because of an I/O device error.";
  }
}

SqlResult<void> Open(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  const int problem = errno;
  if (problem == EEXIST) {
    return SqlError{5170, 16,
                    "Cannot create file '" + path +
                        "' because it already exists. Change the file path or the file name, and "
                        "retry the operation."};
  }
  if (problem == ENOENT || problem == ENOTDIR) {
    return SqlError{5133, 16,
                    "Directory lookup for the file \"" + path +
                        "\" failed with the operating system error " + OsErrorText(problem)};
  }
  return SqlError{5123, 16,
                  "CREATE FILE encountered operating system error " + OsErrorText(problem) +
                      " while attempting to open or create the physical file '" + path + "'."};
}

}  // namespace

int OsErrorNumber(int error) {
  switch (error) {
    case ENOENT: return 2;
    case ENOTDIR: return 3;
    case EACCES:
    case EPERM:
    case EISDIR:
    case EROFS: return 5;
    case EBUSY:
    case ETXTBSY: return 32;
    case EEXIST: return 80;
    case ENOSPC:
    case EDQUOT: return 112;
    default: return 1117;
  }
}

std::string OsErrorText(int error) {
  const int number = OsErrorNumber(error);
  return std::to_string(number) + "(" + std::string(Reason(number)) + ")";
}

bool FileExists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

SqlResult<void> CreateDataFile(const std::string& path) {
  return Open(path, O_WRONLY | O_CREAT | O_EXCL);
}

SqlResult<void> TakeDataFile(const std::string& path) { return Open(path, O_WRONLY | O_CREAT); }

void RemoveDataFile(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}  // namespace dbstow::doubles::sqlserver
