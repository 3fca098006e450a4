import java.sql.*;
import java.util.*;

/** jTDS on the double: TDS without PRELOGIN, statements, parameters, transactions, errors. */
public class Jtds {
  static void check(boolean condition, String what) {
    if (!condition) throw new IllegalStateException("not so: " + what);
  }

  static List<Integer> errors(Statement statement, String sql) {
    List<Integer> numbers = new ArrayList<>();
    try {
      boolean rows = statement.execute(sql);
      while (rows || statement.getUpdateCount() != -1) rows = statement.getMoreResults();
    } catch (SQLException first) {
      for (SQLException e = first; e != null; e = e.getNextException()) numbers.add(e.getErrorCode());
    }
    return numbers;
  }

  public static void main(String[] arguments) throws Exception {
    String url = "jdbc:jtds:sqlserver://" + System.getenv("DOUBLE") + "/master";
    Class.forName("net.sourceforge.jtds.jdbc.Driver");
    try {
      DriverManager.getConnection(url, "sa", "wrong");
      check(false, "a wrong password");
    } catch (SQLException refused) {
      check(refused.getErrorCode() == 18456, "18456, not " + refused.getErrorCode());
    }
    for (String more : new String[] {";ssl=require", ""}) {
      try (Connection connection = DriverManager.getConnection(url + more, "sa", System.getenv("PASSWORD"));
           Statement statement = connection.createStatement()) {
        check(errors(statement, "CREATE DATABASE jtds").isEmpty(), "create");
        check(errors(statement, "CREATE TABLE jtds.dbo.t (a int PRIMARY KEY, b nvarchar(20), c numeric(25,0), d datetime)").isEmpty(), "table");
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO jtds.dbo.t VALUES (?, ?, ?, ?)")) {
          for (int i = 0; i < 3; i++) {
            insert.setInt(1, i);
            insert.setString(2, "r\u00f6w " + i);
            insert.setBigDecimal(3, new java.math.BigDecimal("17126658000000314200037"));
            insert.setTimestamp(4, Timestamp.valueOf("2026-11-26 11:40:20.123"));
            check(insert.executeUpdate() == 1, "one row");
          }
        }
        ResultSet rows = statement.executeQuery("SELECT a, b, c, d FROM jtds.dbo.t ORDER BY a DESC");
        check(rows.next() && rows.getInt(1) == 2 && rows.getString(2).equals("r\u00f6w 2"), "the row");
        check(rows.getBigDecimal(3).toPlainString().equals("17126658000000314200037"), "the number");
        check(rows.getTimestamp(4).toString().equals("2026-11-26 11:40:20.123"), "the time");
        check(errors(statement, "INSERT INTO jtds.dbo.t VALUES (1, NULL, NULL, NULL)").contains(2627), "2627");
        connection.setAutoCommit(false);
        check(errors(statement, "DELETE FROM jtds.dbo.t").isEmpty(), "delete");
        connection.rollback();
        connection.setAutoCommit(true);
        rows = statement.executeQuery("SELECT COUNT(*) FROM jtds.dbo.t");
        check(rows.next() && rows.getInt(1) == 3, "rolled back");
        check(errors(statement, "BACKUP LOG jtds TO DISK = 'j.bak'").equals(List.of(4214, 3013)), "4214");
        check(errors(statement, "BACKUP DATABASE jtds TO DISK = 'j.bak' WITH FORMAT, STATS = 20").isEmpty(), "backup");
        check(errors(statement, "INSERT INTO jtds.dbo.t VALUES (9, NULL, NULL, NULL)").isEmpty(), "insert");
        check(errors(statement, "BACKUP LOG jtds TO DISK = 'jl.bak' WITH FORMAT").isEmpty(), "log");
        check(errors(statement, "RESTORE DATABASE jtds FROM DISK = 'j.bak' WITH REPLACE, NORECOVERY").isEmpty(), "restore");
        check(errors(statement, "RESTORE LOG jtds FROM DISK = 'jl.bak'").isEmpty(), "restore log");
        rows = statement.executeQuery("SELECT COUNT(*) FROM jtds.dbo.t");
        check(rows.next() && rows.getInt(1) == 4, "restored");
        rows = statement.executeQuery("RESTORE HEADERONLY FROM DISK = 'jl.bak'");
        check(rows.next() && rows.getString("BackupTypeDescription").equals("Transaction Log"), "header");
        check(rows.getBigDecimal("FirstLSN").signum() > 0, "FirstLSN");
        rows.close();
        check(errors(statement, "DROP DATABASE jtds").isEmpty(), "drop");
      }
    }
  }
}
