#include "cli/error_text.h"

#include "cli/human_text.h"

namespace dbstow::cli {

std::string NextStep(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidOptions: return "dbstow --help";
    case ErrorCode::kUnsupportedCapability:
      return "dbstow inspect INSTANCE shows what it can do and what would enable the rest";
    case ErrorCode::kAuthenticationFailed:
      return "check the user and where its secret is kept, then: dbstow doctor INSTANCE";
    case ErrorCode::kPermissionDenied:
      return "grant the right that is named above, then: dbstow doctor INSTANCE";
    case ErrorCode::kOutOfSpace:
      return "free space there (dbstow prune shows what could go), then run it again";
    case ErrorCode::kUnavailable:
      return "run it again later; dbstow doctor INSTANCE says whether it can be reached";
    case ErrorCode::kTimeout: return "run it again with a longer --timeout";
    case ErrorCode::kCancelled: return "run it again when it suits";
    case ErrorCode::kNotFound: return "dbstow instances and dbstow backups list what there is";
    case ErrorCode::kAlreadyExists:
      return "choose another name; dbstow restore --overwrite replaces";
    case ErrorCode::kConflict: return "run it again when the other one has ended";
    case ErrorCode::kSafetyRefused: return "change the rule that is named above, if you mean it";
    case ErrorCode::kCorrupt:
      return "dbstow verify names all damage and what still restores; the next backup is whole "
             "again";
    case ErrorCode::kSourceDamaged:
      return "repair the database, or restore it: dbstow backups INSTANCE";
    case ErrorCode::kNoRepository: return "dbstow init --repo file:///path/to/folder";
    case ErrorCode::kWrongKey: return "check DBSTOW_PASSPHRASE or --repo-secret";
    case ErrorCode::kVerificationFailed:
      return "make a new backup now, and keep this one until that is verified";
    case ErrorCode::kCouldNotVerify:
      return "remove the obstacle that is named above and verify again";
    case ErrorCode::kPartial: return "run it again for what is left";
    case ErrorCode::kIoError:
    case ErrorCode::kInternal: break;
  }
  return "dbstow doctor";
}

std::string ErrorText(const Error& error) {
  const std::string name(Describe(error.code()).name);
  std::string text = "error: " + Printable(error.message()) + " [" + name + "]\n";
  if (const auto& native = error.native()) {
    text += "  " + native->system + " " + native->code + ": " + Printable(native->text) + "\n";
  }
  for (const Error* cause = error.cause(); cause != nullptr; cause = cause->cause()) {
    text += "  because: " + Printable(cause->message()) + "\n";
  }
  return text + "  next: " + Printable(NextStepAfter(error)) + "\n";
}

std::string NextStepAfter(const Error& error) {
  return error.hint().empty() ? NextStep(error.code()) : error.hint();
}

std::string ErrorPage(ErrorCode code) {
  const ErrorCodeInfo& info = Describe(code);
  return std::string(info.name) + "\n\n  " + std::string(info.meaning) + ".\n\n  exit status  " +
         std::to_string(info.exit_status) + "\n  HTTP status  " + std::to_string(info.http_status) +
         "\n  next         " + NextStep(code) + "\n";
}

}  // namespace dbstow::cli
