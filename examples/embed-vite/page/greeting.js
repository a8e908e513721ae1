console.log("Edit me: the page takes the change without a reload.");
import.meta.hot?.accept();
